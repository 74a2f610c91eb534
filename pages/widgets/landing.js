const landed = { job: "" };
// What the page's own header covers, in pixels.
const HEADER = 72;

export default function ({ data }) {
  if (landed.job === data.job) return;
  landed.job = data.job;
  if (window.innerWidth >= 640) return;
  const panel = document.querySelector(".st-key-job-panel");
  if (!panel) return;
  panel.style.scrollMarginTop = `${HEADER}px`;
  requestAnimationFrame(() => panel.scrollIntoView({ block: "start", behavior: "instant" }));
}
