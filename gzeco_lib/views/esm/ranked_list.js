// A ranked list whose rows select: one listbox, arrow keys move, each row has a bar, a figure and a grade with a sign.
export function render({model, el}) {
  const box = document.createElement("div");
  box.className = "list";
  box.setAttribute("role", "listbox");
  box.tabIndex = 0;
  const span = (className, text) => {
    const s = document.createElement("span");
    s.className = className;
    s.textContent = text ?? "";
    return s;
  };
  const mark = () => {
    for (const row of box.children) {
      const on = row.dataset.key === model.selected;
      row.classList.toggle("on", on);
      row.setAttribute("aria-selected", String(on));
      if (on) {
        const top = row.offsetTop - box.offsetTop;
        if (top < box.scrollTop || top + row.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top - 40;
      }
    }
  };
  const draw = () => {
    box.setAttribute("aria-label", model.label);
    const rows = model.rows.map((r) => {
      const row = document.createElement("div");
      row.className = "row";
      row.setAttribute("role", "option");
      row.dataset.key = r.key;
      row.title = r.title ?? "";
      const text = document.createElement("div");
      text.className = "text";
      text.append(span("name", r.name));
      if (r.note) text.append(span("note", r.note));
      const bar = document.createElement("div");
      bar.className = "track";
      const fill = document.createElement("i");
      fill.style.width = `${Math.max(2, 100 * (r.share ?? 0))}%`;
      fill.style.background = r.colour;
      bar.append(fill);
      const grade = span("grade", "");
      const sign = span("sign", r.sign);
      sign.setAttribute("aria-hidden", "true");
      grade.append(sign, span("", r.grade));
      row.append(span("rank", r.rank), text, span("value", r.value), grade, bar);
      row.addEventListener("click", () => { model.selected = r.key; });
      return row;
    });
    if (rows.length === 0) {
      rows.push(span("none", model.nothing));
    }
    box.replaceChildren(...rows);
    mark();
  };
  box.addEventListener("keydown", (event) => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step || model.rows.length === 0) return;
    event.preventDefault();
    const at = model.rows.findIndex((r) => r.key === model.selected);
    model.selected = model.rows[Math.min(model.rows.length - 1, Math.max(0, at + step))].key;
  });
  model.on("rows", draw);
  model.on("selected", mark);
  el.append(box);
  draw();
}
