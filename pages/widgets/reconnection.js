// Streamlit's own words on its outermost element.
const STATE = "data-test-connection-state";
let observer = null;
let wasCutOff = false;

export default function ({ setTriggerValue }) {
  const app = document.querySelector("[data-testid='stApp']");
  if (!app) return;
  const look = () => {
    if (app.getAttribute(STATE) !== "CONNECTED") {
      wasCutOff = true;
    } else if (wasCutOff && !document.querySelector("[role='dialog']")) {
      wasCutOff = false;
      setTriggerValue("reconnected", true);
    }
  };
  observer?.disconnect();
  observer = new MutationObserver(look);
  observer.observe(app, { attributes: true, attributeFilter: [STATE] });
}
