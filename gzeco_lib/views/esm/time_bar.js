// Hours from now on: play, a slider, and a strip that shows each hour's grade. The value is an index into `labels`.
export function render({model, el}) {
  const box = document.createElement("div");
  box.className = "box";
  const play = document.createElement("button");
  play.type = "button";
  const main = document.createElement("div");
  main.className = "main";
  const strip = document.createElement("div");
  strip.className = "strip";
  const range = document.createElement("input");
  range.type = "range";
  range.min = 0;
  range.step = 1;
  range.setAttribute("aria-label", model.words.hour);
  const ticks = document.createElement("div");
  ticks.className = "ticks";
  const label = document.createElement("output");
  let timer = null;

  const last = () => model.labels.length - 1;
  const show = () => {
    range.max = Math.max(last(), 0);
    range.value = model.value;
    label.textContent = model.labels[model.value] ?? "";
    range.setAttribute("aria-valuetext", label.textContent);
    [...strip.children].forEach((cell, i) => cell.classList.toggle("on", i === model.value));
  };
  const draw = () => {
    strip.replaceChildren(...model.colours.map((colour, i) => {
      const cell = document.createElement("i");
      cell.style.background = colour;
      cell.title = `${model.labels[i]} · ${model.notes[i] ?? ""}`;
      cell.addEventListener("click", () => { model.value = i; });
      return cell;
    }));
    ticks.replaceChildren(...model.ticks.map(([i, text]) => {
      const tick = document.createElement("span");
      tick.textContent = text;
      tick.style.left = `${(100 * (i + 0.5)) / model.labels.length}%`;
      return tick;
    }));
    show();
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶";
    play.title = model.words.play;
    play.setAttribute("aria-label", model.words.play);
  };
  const start = () => {
    play.textContent = "❚❚";
    play.title = model.words.pause;
    play.setAttribute("aria-label", model.words.pause);
    timer = setInterval(() => {
      if (!el.isConnected) return stop();
      model.value = model.value >= last() ? 0 : model.value + 1;
    }, model.interval);
  };
  play.addEventListener("click", () => (timer === null ? start() : stop()));
  range.addEventListener("input", () => { model.value = Number(range.value); });
  model.on("value", show);
  model.on("labels", draw);
  model.on("colours", draw);
  model.on("remove", stop);
  stop();
  draw();
  main.append(strip, range, ticks);
  box.append(play, main, label);
  el.append(box);
}
