// Streamlit's own words on its outermost element.
const STATE = "data-test-connection-state";
const AGAIN_MS = 500;
let observer = null;
let timer = null;
let wasCutOff = false;

export default function ({ setTriggerValue }) {
  const app = document.querySelector("[data-testid='stApp']");
  if (!app) return;
  const look = () => {
    clearTimeout(timer);
    if (app.getAttribute(STATE) !== "CONNECTED") {
      wasCutOff = true;
    } else if (wasCutOff && document.querySelector("[role='dialog']")) {
      // One of ours that somebody types in, or Streamlit's own, of the lost connection, which closes a moment later.
      timer = setTimeout(look, AGAIN_MS);
    } else if (wasCutOff) {
      wasCutOff = false;
      setTriggerValue("reconnected", true);
    }
  };
  observer?.disconnect();
  observer = new MutationObserver(look);
  observer.observe(app, { attributes: true, attributeFilter: [STATE] });
  // It may have come too late to see the connection go.
  look();
}
