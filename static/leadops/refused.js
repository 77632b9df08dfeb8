// A form that comes back with a refusal is begun where it is refused: Django's own script goes to its first field.
"use strict";

// Not before everything is loaded: that script may run last.
window.addEventListener("load", () => {
    const wrong = [...document.querySelectorAll("#content form [aria-invalid=true]")].find((each) => each.offsetParent !== null);
    const box = wrong?.nextElementSibling?.querySelector(".select2-selection"); // stands for a choice that searches
    (box ?? wrong)?.focus();
});
