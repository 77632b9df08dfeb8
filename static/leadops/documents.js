// Shows the types of documents that the program lists for whom the document is about, or a text where it lists none.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-document-types]");
    const about = document.getElementById("id_about");
    if (!box || !about) {
        return;
    }
    const select = box.querySelector("select");
    const typed = box.querySelector("input");
    const label = document.querySelector(`label[for="${select.id}"]`);

    function show() {
        const before = select.value;
        let own = null;
        for (const group of select.querySelectorAll("optgroup")) {
            group.hidden = group.disabled = group.dataset.about !== about.value;
            own = group.disabled ? own : group;
        }
        const options = [...(own?.children ?? [])];
        const same = options.find((each) => each.selected) ?? options.find((each) => each.value === before);
        select.selectedIndex = same ? same.index : 0;
        select.parentElement.hidden = select.disabled = !own;
        typed.hidden = typed.disabled = Boolean(own);
        if (label) {
            label.htmlFor = (own ? select : typed).id;
        }
    }

    about.addEventListener("change", show);
    show();
});
