// Watches an import: asks every second how far it is, and shows the finished page when it is done.
"use strict";

(() => {
    const EVERY = 1000;

    function show(part, name, text) {
        part.querySelectorAll(`[data-show="${name}"]`).forEach((each) => { each.textContent = text; });
    }

    function update(part, said) {
        part.querySelector("progress").value = said.percent;
        for (const name of ["done", "rows", "created", "updated", "skipped", "failed", "state_label"]) {
            show(part, name, said[name]);
        }
        show(part, "left", said.seconds_left ? `, about ${said.seconds_left} s left` : "");
        // Spoken in steps of a tenth, so that a screen reader is not flooded.
        show(part, "status", `${said.state_label}: ${Math.floor(said.percent / 10) * 10} %`);
    }

    async function watch() {
        const part = document.querySelector("#import[data-progress]");
        if (!part) {
            return;
        }
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
        setTimeout(watch, EVERY);
    }

    document.addEventListener("DOMContentLoaded", watch);
})();
