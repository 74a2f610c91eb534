// What each panel showed last.
const landed = {};
// What the page's own header covers, in pixels.
const HEADER = 72;

export default function ({ data }) {
  if (landed[data.panel] === data.shown) return;
  landed[data.panel] = data.shown;
  if (window.innerWidth >= 640) return;
  const panel = document.querySelector(`.st-key-${data.panel}`);
  if (!panel) return;
  panel.style.scrollMarginTop = `${HEADER}px`;
  requestAnimationFrame(() => panel.scrollIntoView({ block: "start", behavior: "instant" }));
}
