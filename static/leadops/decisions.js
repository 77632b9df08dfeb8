// Decisions by the keyboard: J and K go from one to the next, F and S to its two forms. All of it works by Tab as well.
"use strict";

(() => {
    const DECIDED = "decided"; // at which place of the list

    function entries() {
        return [...document.querySelectorAll("[data-decisions] article")];
    }

    function step(entry, by) {
        const all = entries();
        all[all.indexOf(entry) + by]?.focus();
    }

    function fill(entry, decision) {
        const form = entry.querySelector(`form:has(input[name=decision][value=${decision}])`);
        form?.querySelector("input:not([type=hidden])").focus();
    }

    const KEYS = {
        j: (entry) => step(entry, 1),
        k: (entry) => step(entry, -1),
        f: (entry) => fill(entry, "found"),
        s: (entry) => fill(entry, "again"),
    };

    document.addEventListener("keydown", (event) => {
        const entry = event.target.closest("[data-decisions] article");
        if (!entry || event.ctrlKey || event.metaKey || event.altKey) {
            return;
        }
        if (event.key === "Escape") {
            entry.focus();
        } else if (!event.target.matches("input") && KEYS[event.key.toLowerCase()]) {
            event.preventDefault();
            KEYS[event.key.toLowerCase()](entry);
        }
    });

    // Where one was decided the next one is taken in hand at once, so that no mouse is needed between two decisions.
    document.addEventListener("submit", (event) => {
        const at = entries().indexOf(event.target.closest("[data-decisions] article"));
        if (at >= 0) {
            sessionStorage.setItem(DECIDED, at);
        }
    });

    document.addEventListener("DOMContentLoaded", () => {
        const all = entries();
        const at = Math.min(Number(sessionStorage.getItem(DECIDED)), all.length - 1);
        sessionStorage.removeItem(DECIDED);
        all[at]?.focus({ preventScroll: at === 0 });
    });
})();
