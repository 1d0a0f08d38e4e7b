// One of a few, as buttons in a line that wraps between buttons: a radio group with arrow keys.
export function render({model, el}) {
  const box = document.createElement("div");
  box.setAttribute("role", "radiogroup");
  box.setAttribute("aria-label", model.label);
  const mark = () => {
    for (const button of box.children) {
      const on = button.dataset.key === model.value;
      button.setAttribute("aria-checked", String(on));
      button.tabIndex = on ? 0 : -1;
    }
  };
  const draw = () => {
    box.replaceChildren(...model.options.map(([key, label]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("role", "radio");
      button.dataset.key = key;
      button.textContent = label;
      button.addEventListener("click", () => { model.value = key; });
      return button;
    }));
    mark();
  };
  box.addEventListener("keydown", (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    const keys = model.options.map(([key]) => key);
    const next = (keys.indexOf(model.value) + step + keys.length) % keys.length;
    model.value = keys[next];
    box.children[next].focus();
  });
  model.on("value", mark);
  model.on("options", draw);
  el.append(box);
  draw();
}
