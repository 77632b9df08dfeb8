// Keeps the panel "Deliveries" fresh while something on it is under way. Without this script the page shows the same.
"use strict";

(() => {
    const EVERY = 2000;

    function openKeys(panel) {
        return [...panel.querySelectorAll("details[open][data-key]")].map((each) => each.dataset.key);
    }

    function isBeingUsed(panel) {
        const active = document.activeElement;
        const typed = [...panel.querySelectorAll("input:not([type=hidden])")].some((each) => each.value !== "");
        return typed || (panel.contains(active) && active.matches("input, button"));
    }

    function replace(panel, html) {
        const open = new Set(openKeys(panel));
        const focused = panel.contains(document.activeElement) && document.activeElement.closest("details");
        const key = focused ? focused.dataset.key : null;
        const holder = document.createElement("div");
        holder.innerHTML = html; // our own server's page part, every value escaped by its template
        const fresh = holder.firstElementChild;
        fresh.querySelectorAll("details[data-key]").forEach((each) => { each.open = open.has(each.dataset.key); });
        panel.replaceWith(fresh);
        const told = holder.querySelector("template[data-for]");
        const shown = told && document.getElementById(told.dataset.for);
        if (shown) { // what stands on top of the page tells the same
            shown.replaceChildren(told.content.cloneNode(true));
        }
        if (key) {
            fresh.querySelector(`details[data-key="${key}"] > summary`)?.focus();
        }
    }

    async function refresh() {
        const panel = document.querySelector("#deliveries[data-refresh]");
        if (!panel) {
            return;
        }
        if (!document.hidden && !isBeingUsed(panel)) {
            try {
                const answer = await fetch(panel.dataset.refresh, { headers: { Accept: "text/html" }, redirect: "error" });
                if (answer.ok) {
                    replace(panel, await answer.text());
                }
            } catch {
                // The network is away for a moment: the next turn asks again.
            }
        }
        setTimeout(refresh, EVERY);
    }

    document.addEventListener("DOMContentLoaded", () => setTimeout(refresh, EVERY));
})();
