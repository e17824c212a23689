import assert from "node:assert/strict";
import { test } from "node:test";
import { inPartsOf } from "../dist/index.js";

test("cuts a list, the last part may be shorter", () => {
  assert.deepEqual(inPartsOf(2, ["a", "b", "c"]), [["a", "b"], ["c"]]);
});

test("refuses a size of zero", () => {
  assert.throws(() => inPartsOf(0, ["a"]), RangeError);
});
