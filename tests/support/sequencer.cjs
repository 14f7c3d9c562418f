const { default: Sequencer } = require("@jest/test-sequencer");

/** How much there is to do at the end of a run must not depend on one long suite: those with the real engine come first. On a new clone their times are unknown. */
const first = /[\\/]tests[\\/](engine|resilience)[\\/]/;
const longest = ["examples", "property", "rotation", "namespace", "items"];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      if (!first.test(path)) return longest.length + 1;
      const known = longest.findIndex((name) => path.endsWith(`${name}.test.ts`));
      return known < 0 ? longest.length : known;
    };
    return super.sort([...tests]).sort((a, b) => rank(a) - rank(b));
  }
};
