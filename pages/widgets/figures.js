const element = (tag, text) => {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  return made;
};

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("dl");
  while (list.children.length > data.figures.length) list.lastChild.remove();
  data.figures.forEach((figure, index) => {
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
}
