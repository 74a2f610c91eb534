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

function fill(button, row, isOpen) {
  button.setAttribute("aria-pressed", String(isOpen));
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
    lines("", row.file, `${row.account} · ${row.name}`, row.why, row.isStuck),
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

function checkbox(row, canCheck, change) {
  const label = element("label", "check");
  if (!canCheck) return label;
  const box = element("input", "");
  box.type = "checkbox";
  box.checked = checked.has(row.id);
  box.setAttribute("aria-label", `Select ${row.file}`);
  box.onchange = () => change(row.id, box.checked);
  label.append(box);
  return label;
}

// Which jobs are checked is known here alone: a refresh takes nothing away, nor does a list drawn at another place.
const checked = new Set();

// What can be done with several jobs is offered while there are any to do it with.
function offer(bar, count, words) {
  bar.hidden = count === 0;
  bar.querySelector("span").textContent = words;
}

// The way to the pages before and behind this one, where there are any.
function offerLeaves(place, data, count, turn) {
  place.hidden = !data.goesBack && !data.goesOn;
  place.querySelector("span").textContent = `${count} ${count === 1 ? "job" : "jobs"} on this page`;
  const [back, more] = place.querySelectorAll("button");
  back.disabled = !data.goesBack;
  more.disabled = !data.goesOn;
  back.title = data.goesBack ? "" : "This is the first page.";
  more.title = data.goesOn ? "" : "This is the last page.";
  back.onclick = () => turn("back");
  more.onclick = () => turn("more");
}

const staleWords = (count) => `${count} ${count === 1 ? "job is" : "jobs are"} stuck or slow`;

export default function ({ data, parentElement, setTriggerValue }) {
  const rows = JSON.parse(data.rows);
  const table = parentElement.querySelector(".table");
  const [stale, selection] = parentElement.querySelectorAll(".offer");
  const isNew = !table.querySelector(".head");
  const checkable = new Set(rows.filter((row) => data.canSync && row.isInFlight).map((row) => row.id));
  table.classList.toggle("checkable", checkable.size > 0);
  if (isNew) {
    const head = element("div", "head");
    COLUMNS.forEach(([title, className]) => head.append(element("div", className, title)));
    table.append(head);
  }
  checked.forEach((id) => { if (!checkable.has(id)) checked.delete(id); });
  offer(stale, data.canSync ? data.stale : 0, staleWords(data.stale));
  stale.title = "Longer in their state than they can be, or much slower than usual";
  stale.querySelector("button").onclick = () => setTriggerValue("sync_stale", true);
  offer(selection, checked.size, `${checked.size} selected`);
  selection.querySelector("button").onclick = () => setTriggerValue("sync", [...checked]);
  offerLeaves(parentElement.querySelector(".leaves"), data, rows.length, (to) => setTriggerValue("turn", to));
  const change = (id, isChecked) => {
    if (isChecked) checked.add(id);
    else checked.delete(id);
    offer(selection, checked.size, `${checked.size} selected`);
  };
  const known = new Map([...table.querySelectorAll(".line")].map((one) => [one.dataset.id, one]));
  const wanted = rows.map((row) => {
    const line = known.get(row.id) ?? element("div", "line");
    if (!known.has(row.id)) {
      line.dataset.id = row.id;
      const button = element("button", "row");
      button.type = "button";
      line.append(element("label", "check"), button);
    }
    const [label, button] = line.children;
    const canCheck = checkable.has(row.id);
    if (Boolean(label.firstChild) !== canCheck) line.replaceChild(checkbox(row, canCheck, change), label);
    else if (canCheck) label.firstChild.onchange = () => change(row.id, label.firstChild.checked);
    button.onclick = () => setTriggerValue("selected", row.id);
    fill(button, row, row.id === data.opened);
    known.delete(row.id);
    return line;
  });
  known.forEach((gone) => gone.remove());
  wanted.forEach((line, position) => {
    if (table.children[position + 1] !== line) table.insertBefore(line, table.children[position + 1] ?? null);
  });
  if (isNew) reveal(table);
}
