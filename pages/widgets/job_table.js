const COLUMNS = [["", ""], ["Photo", ""], ["Look", "wide"], ["State", ""], ["Age", "number middle"], ["In state", "number wide"], ["Credits", "number wide"]];

const element = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

function lines(className, first, second, why) {
  const cell = element("div", `lines ${className}`);
  cell.append(element("b", "", first), element("span", "", second));
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
  button.replaceChildren(
    picture,
    lines("", row.file, row.account, row.why),
    lines("wide", row.room, row.style, ""),
    stateCell(row),
    numberCell("middle", row.age, row.created, ""),
    numberCell("wide", row.inState, row.since, ""),
    numberCell("wide", row.credits, "", row.returned),
  );
}

export default function ({ data, parentElement, setTriggerValue }) {
  const table = parentElement.querySelector(".table");
  const isNew = !table.querySelector(".head");
  if (isNew) {
    const head = element("div", "head");
    COLUMNS.forEach(([title, className]) => head.append(element("div", className, title)));
    table.append(head);
  }
  const buttons = new Map([...table.querySelectorAll(".row")].map((one) => [one.dataset.id, one]));
  const wanted = data.rows.map((row) => {
    const button = buttons.get(row.id) ?? element("button", "row");
    button.type = "button";
    button.dataset.id = row.id;
    button.onclick = () => setTriggerValue("selected", row.id);
    fill(button, row);
    buttons.delete(row.id);
    return button;
  });
  buttons.forEach((gone) => gone.remove());
  wanted.forEach((button, position) => {
    if (table.children[position + 1] !== button) table.insertBefore(button, table.children[position + 1] ?? null);
  });
  // Where the list scrolls by itself, the selected job may lie below its edge.
  if (isNew) table.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest" });
}
