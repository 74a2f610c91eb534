const COLUMNS = [["", ""], ["Photo", ""], ["Look", "wide"], ["State", ""], ["Age", "number middle"], ["In state", "number wide"], ["Credits", "number wide"]];

const element = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

function lines(className, first, second, why, isStuck) {
  const cell = element("div", `lines ${className}`);
  cell.append(element("b", "", first), element("span", "", second));
  if (isStuck) cell.append(element("span", "stuck", "Stuck: longer in this state than it can be"));
  if (why) {
    cell.append(element("span", "why", why));
    cell.title = why;
  }
  return cell;
}

function stateCell(row) {
  const cell = element("div", "");
  const state = element("span", `state ${row.color}`);
  state.append(element("i", "", row.icon), element("span", "", row.state));
  state.firstChild.setAttribute("aria-hidden", "true");
  cell.append(state);
  if (row.progress !== null) {
    const bar = element("div", "bar");
    const fill = element("i", "");
    fill.style.width = `${row.progress}%`;
    bar.append(fill);
    cell.append(bar);
  }
  return cell;
}

function numberCell(className, value, hover, below) {
  const cell = element("div", `number ${className}`, value);
  cell.title = hover;
  if (below) cell.append(element("span", "", below));
  return cell;
}

function fill(button, row) {
  button.setAttribute("aria-pressed", String(row.selected));
  // The picture is kept, so that it does not blink when the figures beside it change.
  let picture = button.querySelector("img");
  if (!picture || picture.getAttribute("src") !== row.thumbnail) {
    picture = element("img", "");
    picture.src = row.thumbnail;
    picture.alt = "";
    picture.loading = "lazy";
  }
  const content = JSON.stringify(row);
  if (button.dataset.content === content) return;
  button.dataset.content = content;
  button.replaceChildren(
    picture,
    lines("", row.file, row.account, row.why, row.isStuck),
    lines("wide", row.room, row.style, ""),
    stateCell(row),
    numberCell("middle", row.age, row.created, ""),
    numberCell("wide", row.inState, row.since, ""),
    numberCell("wide", row.credits, "", row.returned),
  );
}

// Where the list scrolls by itself, the open job may lie below its edge; the page itself stays where it is.
function reveal(table) {
  const open = table.querySelector('[aria-pressed="true"]');
  let box = table.getRootNode().host ?? table;
  while (box && !(box.scrollHeight > box.clientHeight && /auto|scroll/.test(getComputedStyle(box).overflowY))) box = box.parentElement;
  if (!open || !box || box.dataset.testid === "stMain" || !box.closest(".st-key-monitor-list")) return;
  const [row, edge] = [open.getBoundingClientRect(), box.getBoundingClientRect()];
  if (row.bottom > edge.bottom || row.top < edge.top) box.scrollTop += row.top - edge.top - edge.height / 3;
}

function checkbox(row, checked, change) {
  const label = element("label", "check");
  if (!row.canCheck) return label;
  const box = element("input", "");
  box.type = "checkbox";
  box.checked = checked.has(row.id);
  box.setAttribute("aria-label", `Select ${row.file}`);
  box.onchange = () => change(row.id, box.checked);
  label.append(box);
  return label;
}

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  const table = parentElement.querySelector(".table");
  const isNew = !table.querySelector(".head");
  table.classList.toggle("checkable", data.isCheckable);
  if (isNew) {
    const head = element("div", "head");
    COLUMNS.forEach(([title, className]) => head.append(element("div", className, title)));
    table.append(head);
  }
  // What is checked is the browser's own, so that a refresh takes nothing away that was checked meanwhile;
  // only a list that is drawn at another place begins with what is known here.
  const checked = new Set((table.dataset.checked ?? data.checked.join(" ")).split(" ").filter((id) => data.rows.some((row) => row.id === id && row.canCheck)));
  const keep = () => { table.dataset.checked = [...checked].join(" "); };
  keep();
  const change = (id, isChecked) => {
    if (isChecked) checked.add(id);
    else checked.delete(id);
    keep();
    setStateValue("checked", [...checked]);
  };
  const known = new Map([...table.querySelectorAll(".line")].map((one) => [one.dataset.id, one]));
  const wanted = data.rows.map((row) => {
    const line = known.get(row.id) ?? element("div", "line");
    if (!known.has(row.id)) {
      line.dataset.id = row.id;
      const button = element("button", "row");
      button.type = "button";
      line.append(element("label", "check"), button);
    }
    const [label, button] = line.children;
    if (Boolean(label.firstChild) !== row.canCheck) line.replaceChild(checkbox(row, checked, change), label);
    else if (row.canCheck) label.firstChild.onchange = () => change(row.id, label.firstChild.checked);
    button.onclick = () => setTriggerValue("selected", row.id);
    fill(button, row);
    known.delete(row.id);
    return line;
  });
  known.forEach((gone) => gone.remove());
  wanted.forEach((line, position) => {
    if (table.children[position + 1] !== line) table.insertBefore(line, table.children[position + 1] ?? null);
  });
  if (isNew) reveal(table);
}
