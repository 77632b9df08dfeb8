// Watches what goes on after its page was sent: asks every second how far it is, and shows the finished page when it is done.
"use strict";

(() => {
    const EVERY = 1000;
    const REST = 4; // times as long as the answer took, so that a page left open is no burden

    function show(part, name, text) {
        part.querySelectorAll(`[data-show="${name}"]`).forEach((each) => { each.textContent = text; });
    }

    function update(part, said) {
        const sized = said.percent !== undefined;
        if (sized) {
            part.querySelector("progress").value = said.percent;
        }
        for (const [name, value] of Object.entries(said)) {
            show(part, name, value);
        }
        // What can be done while some of it waits, and no longer.
        part.querySelectorAll("[data-while]").forEach((each) => {
            if (said[each.dataset.while] === 0) {
                each.remove();
            }
        });
        // Spoken in steps of a tenth, so that a screen reader is not flooded.
        show(part, "status", sized ? `${said.state_label}: ${Math.floor(said.percent / 10) * 10} %` : said.state_label);
    }

    async function watch() {
        const part = document.querySelector("[data-progress]");
        if (!part) {
            return;
        }
        const began = performance.now();
        try {
            const answer = await fetch(part.dataset.progress, { headers: { Accept: "application/json" }, redirect: "error" });
            if (answer.ok) {
                const said = await answer.json();
                update(part, said);
                if (said.finished) {
                    location.reload();
                    return;
                }
            }
        } catch {
            // The network is away for a moment: the next turn asks again.
        }
        setTimeout(watch, Math.max(EVERY, REST * (performance.now() - began)));
    }

    document.addEventListener("DOMContentLoaded", watch);
})();
