// What the page brings along: limits and the shape of a completion record (FACTS), texts (WORDS).

const brought = (id) => JSON.parse(document.getElementById(id).textContent);
const FACTS = brought("facts");
const WORDS = brought("words");
