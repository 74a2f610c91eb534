const element = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

// An address breaks after its sign rather than within its name.
function words(text) {
  const made = element("span", "");
  text.split(/(?<=@)/).forEach((part, index) => made.append(...(index ? [document.createElement("wbr"), part] : [part])));
  return made;
}

function badge(cell) {
  const made = element("span", `state ${cell.color}`);
  const icon = element("i", "", cell.icon);
  icon.setAttribute("aria-hidden", "true");
  made.append(icon, element("span", "", cell.text));
  return made;
}

function valueOf(cell, act) {
  if (cell.color) return badge(cell);
  if (cell.href) {
    const link = element("a", "", cell.text);
    link.href = cell.href;
    if (!cell.action) {
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    }
    // A plain click stays in this tab and session; with a modifier it opens another, as links do.
    else link.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      act(cell.action);
    };
    return link;
  }
  if (cell.action) {
    const button = element("button", "link", cell.text);
    button.type = "button";
    button.onclick = () => act(cell.action);
    return button;
  }
  return words(cell.text);
}

function copyButton(text) {
  const button = element("button", "copy", "content_copy");
  button.type = "button";
  button.title = "Copy";
  button.setAttribute("aria-label", `Copy ${text}`);
  button.onclick = async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "check";
    setTimeout(() => { button.textContent = "content_copy"; }, 1500);
  };
  return button;
}

function fill(made, column, cell, act) {
  made.className = `cell ${column.style}${cell.text ? "" : " empty"}`;
  made.setAttribute("role", "cell");
  const value = element("span", `value${cell.isCode ? " code" : ""}`);
  value.append(valueOf(cell, act));
  if (cell.copy) value.append(copyButton(cell.copy));
  made.replaceChildren(element("span", "label", column.title), value);
  if (cell.hover) value.title = cell.hover;
  if (cell.below) {
    const below = element("span", "below");
    below.append(words(cell.below));
    below.title = cell.below;
    made.append(below);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const table = parentElement.querySelector(".table");
  table.setAttribute("aria-label", data.title);
  table.classList.toggle("cards", data.becomesCards);
  table.style.setProperty("--columns", data.columns.map((column) => column.width).join(" "));
  const act = (action) => setTriggerValue("action", action);
  const known = new Map([...table.querySelectorAll(".row[data-id]")].map((row) => [row.dataset.id, row]));
  const head = table.querySelector(".head") ?? element("div", "row head");
  head.setAttribute("role", "row");
  head.replaceChildren(...data.columns.map((column) => {
    const made = element("div", `cell ${column.style}`, column.title);
    made.setAttribute("role", "columnheader");
    return made;
  }));
  const rows = data.rows.map((row) => {
    const made = known.get(row.id) ?? element("div", "row");
    made.dataset.id = row.id;
    made.setAttribute("role", "row");
    // A row that says the same is left alone, so that a refresh takes no selection or focus from it.
    const content = JSON.stringify(row);
    if (made.dataset.content !== content) {
      made.dataset.content = content;
      made.replaceChildren(...row.cells.map((cell, index) => {
        const box = element("div", "");
        fill(box, data.columns[index], cell, act);
        return box;
      }));
    }
    return made;
  });
  const wanted = [head, ...rows];
  [...table.children].filter((child) => !wanted.includes(child)).forEach((child) => child.remove());
  wanted.forEach((child, position) => {
    if (table.children[position] !== child) table.insertBefore(child, table.children[position] ?? null);
  });
}
