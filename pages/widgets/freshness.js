const shown = new WeakMap();

function words(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

export default function ({ data, parentElement }) {
  const text = parentElement.querySelector(".freshness");
  const state = shown.get(text) ?? { reading: "", since: 0, timer: 0 };
  // Counted from the arrival, so that a clock that is wrong on either side makes no difference.
  if (state.reading !== data.reading) Object.assign(state, { reading: data.reading, since: performance.now() });
  const tell = () => {
    text.textContent = `Updated ${words(Math.floor((performance.now() - state.since) / 1000))} ago${data.note}`;
  };
  clearInterval(state.timer);
  state.timer = setInterval(tell, 1000);
  shown.set(text, state);
  tell();
  return () => clearInterval(state.timer);
}
