// What every run.mjs does with its checks.

let passed = 0
let failed = 0

/** Runs one check and prints how it went. */
export async function check(name, fn) {
  try {
    await fn()
    passed++
    console.log(`ok   ${name}`)
  } catch (error) {
    failed++
    console.log(`FAIL ${name}: ${error?.stack ?? error}`)
  }
}

/** Prints "N passed, N failed"; the process ends with 1 when a check did not hold. */
export function report() {
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed ? 1 : 0
}
