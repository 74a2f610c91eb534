// Around the chart, and for a line of text above it, in pixels.
const EDGE = 24, TITLE = 30, LINE = 18;
const WIDTH_LEAST = 900;
// So many letters fit on a line of the least width.
const LETTERS = 130;
// A picture holds no fonts of the page: one that every machine has, or measures would be of another than is drawn.
const FONT = "Arial, Helvetica, sans-serif";

const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function wrapped(text) {
  const lines = [""];
  for (const word of text.split(" ")) {
    if (lines.at(-1) && lines.at(-1).length + word.length >= LETTERS) lines.push("");
    lines.push(`${lines.pop()} ${word}`.trim());
  }
  return lines;
}

async function save(chart, told) {
  const lines = told.lines.flatMap(wrapped);
  const above = EDGE + TITLE + LINE * lines.length;
  const margin = chart.layout.margin ?? {};
  const width = Math.max(chart.clientWidth, WIDTH_LEAST) + 2 * EDGE;
  const height = (chart.layout.height ?? chart.clientHeight) + above + EDGE;
  const layout = {
    ...structuredClone(chart.layout),
    width,
    height,
    autosize: false,
    font: { ...chart.layout.font, family: FONT },
    margin: {
      l: (margin.l ?? 0) + EDGE,
      r: (margin.r ?? 0) + EDGE,
      t: (margin.t ?? 0) + above,
      b: (margin.b ?? 0) + EDGE,
    },
    title: {
      text: `<b>${plain(told.title)}</b>`,
      subtitle: { text: lines.map(plain).join("<br>"), font: { family: FONT, size: 13 } },
      font: { family: FONT, size: 19 },
      x: EDGE / width,
      y: 1 - EDGE / height,
      xanchor: "left",
      yanchor: "top",
    },
  };
  const link = document.createElement("a");
  link.href = await window.Plotly.toImage({ data: chart.data, layout }, { format: "png", scale: 2, width, height });
  link.download = `${told.file}.png`;
  link.click();
}

function clicked(event) {
  const button = event.target.closest?.(".modebar-btn");
  const chart = button?.closest(".js-plotly-plot");
  const told = chart?.layout?.meta;
  // The camera is the first of a chart's buttons; without the library at hand, it takes the chart alone, as ever.
  if (!told?.file || !window.Plotly || button !== chart.querySelector(".modebar-btn")) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  save(chart, told);
}

export default function () {
  document.addEventListener("click", clicked, true);
  return () => document.removeEventListener("click", clicked, true);
}
