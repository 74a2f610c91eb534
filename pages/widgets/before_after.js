export default function ({ data, parentElement }) {
  const frame = parentElement.querySelector(".frame");
  const find = (selector) => frame.querySelector(selector);
  const slider = find("input");
  const show = (image, url) => {
    // Setting the same address again would make the picture flicker.
    if (url && image.getAttribute("src") !== url) image.setAttribute("src", url);
  };
  frame.style.setProperty("--ratio", data.width / data.height);
  frame.style.aspectRatio = `${data.width} / ${data.height}`;
  frame.classList.toggle("pending", !data.after);
  frame.classList.toggle("ended", Boolean(data.ended));
  frame.style.setProperty("--progress", `${data.progress}%`);
  show(find(".before"), data.before);
  show(find(".after"), data.after);
  find(".before").alt = `${data.name}: the photo as it came`;
  find(".after").alt = `${data.name}: virtually staged`;
  find(".title").textContent = data.title;
  find(".small").textContent = data.detail;
  slider.setAttribute("aria-label", `${data.name}: how much of the original photo is shown`);
  slider.oninput = () => frame.style.setProperty("--split", `${slider.value}%`);
}
