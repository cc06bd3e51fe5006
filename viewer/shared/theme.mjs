// Light or dark: as the system says, until the reader chooses.

const KEY = "spanwright-theme";
const CHOICES = ["system", "light", "dark"];
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function stored() {
  // A page from disk, or one in a private window, may have no storage.
  try {
    const choice = localStorage.getItem(KEY);
    return CHOICES.includes(choice) ? choice : "system";
  } catch {
    return "system";
  }
}

function apply(choice) {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  document.dispatchEvent(new CustomEvent("themechange"));
}

/** Applies the theme, and makes this `<select>` the switch. What draws on a canvas listens to `themechange`. */
export function themes(select) {
  let choice = stored();
  select.value = choice;
  apply(choice);
  dark.addEventListener("change", () => apply(choice));
  select.addEventListener("change", () => {
    choice = select.value;
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // It holds until the page is left.
    }
    apply(choice);
  });
}

/** A colour of the look as it is now, for a canvas. */
export function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
