import { expect, test } from "vitest";
import { greeting } from "./greeting";

test.each([
  [4, "Good night"],
  [5, "Good morning"],
  [12, "Good afternoon"],
  [23, "Good evening"],
])("at %i o'clock", (hour, want) => {
  expect(greeting(new Date(2026, 5, 12, hour))).toBe(want);
});
