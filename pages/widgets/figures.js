const element = (tag, text) => {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  return made;
};

const shown = new WeakMap();

function words(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

function tellAge(text, data) {
  const state = shown.get(text) ?? { reading: "", since: 0, timer: 0 };
  // Counted from the arrival, so that a clock that is wrong on either side makes no difference.
  if (state.reading !== data.reading) Object.assign(state, { reading: data.reading, since: performance.now() });
  const tell = () => {
    text.textContent = `Updated ${words(Math.floor((performance.now() - state.since) / 1000))} ago${data.note}`;
  };
  clearInterval(state.timer);
  text.hidden = !data.reading;
  if (data.reading) {
    state.timer = setInterval(tell, 1000);
    tell();
  }
  shown.set(text, state);
  return () => clearInterval(state.timer);
}

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("dl");
  const figures = JSON.parse(data.figures);
  while (list.children.length > figures.length) list.lastChild.remove();
  figures.forEach((figure, index) => {
    const box = list.children[index] ?? list.appendChild(element("div"));
    const content = JSON.stringify(figure);
    if (box.dataset.content === content) return;
    box.dataset.content = content;
    box.title = figure.hover;
    const value = element("dd");
    if (figure.tone) {
      const dot = element("i");
      dot.className = figure.tone;
      value.append(dot);
    }
    value.append(element("span", figure.value));
    const detail = element("small", figure.detail);
    detail.title = figure.hover || figure.detail;
    box.replaceChildren(element("dt", figure.label), value, detail);
  });
  return tellAge(parentElement.querySelector("p"), data);
}
