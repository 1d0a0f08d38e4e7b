// A table that sorts by a click on a header; figures are right-aligned and tabular, units stand in the header.
export function render({model, el}) {
  const box = document.createElement("div");
  box.className = "scroll";
  box.tabIndex = 0;
  let by = null;
  let down = false;
  const draw = () => {
    const table = document.createElement("table");
    const caption = table.createCaption();
    caption.textContent = model.caption;
    const head = table.createTHead().insertRow();
    model.columns.forEach((column, c) => {
      const th = document.createElement("th");
      th.scope = "col";
      th.className = column.numeric ? "number" : "";
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = column.label;
      if (column.unit) {
        const unit = document.createElement("span");
        unit.className = "unit";
        unit.textContent = ` [${column.unit}]`;
        button.append(unit);
      }
      if (c === by) th.setAttribute("aria-sort", down ? "descending" : "ascending");
      button.addEventListener("click", () => { down = by === c ? !down : column.numeric; by = c; draw(); });
      th.append(button);
      head.append(th);
    });
    const order = model.rows.map((_, i) => i);
    if (by !== null) {
      const key = (i) => model.rows[i][by][1];
      order.sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        if (x === null || y === null) return (x === null) - (y === null);
        return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
      });
    }
    const body = table.createTBody();
    for (const i of order) {
      const tr = body.insertRow();
      model.rows[i].forEach(([text], c) => {
        const td = tr.insertCell();
        td.textContent = text;
        if (model.columns[c].numeric) td.className = "number";
        else if (text.length > 32) td.className = "long";
      });
    }
    if (order.length === 0) {
      const td = body.insertRow().insertCell();
      td.colSpan = Math.max(1, model.columns.length);
      td.className = "none";
      td.textContent = model.nothing;
    }
    box.replaceChildren(table);
  };
  model.on("rows", () => { by = null; draw(); });
  el.append(box);
  draw();
}
