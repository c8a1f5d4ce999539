// Tables become sortable; without script everything is there, only not sortable.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.textContent = head.textContent;
    head.replaceChildren(button);
    let up = false;
    button.addEventListener("click", () => {
      up = !up;
      const value = row => {
        const cell = row.cells[column];
        return cell.dataset.sort ?? cell.textContent;
      };
      const number = text => Number(text.replace(/[ %+,]/g, ""));
      const order = (a, b) => {
        const [x, y] = [value(a), value(b)];
        const gap = number(x) - number(y);
        return isNaN(gap) ? x.localeCompare(y, "en") : gap;
      };
      const rows = [...body.rows].sort((a, b) => up ? order(a, b) : order(b, a));
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      body.replaceChildren(...rows);
    });
  });
}
