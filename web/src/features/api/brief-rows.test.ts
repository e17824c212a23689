import { describe, expect, it } from 'vitest'
import { briefRows, FIRST } from './brief-rows.ts'

describe('rows of a brief', () => {
  it.each([
    ['openapi: 3.0.3\npaths:\n  /a:\n    get:\n      x: y\n    post:\n      x: y\n  /b:\n    delete: {}\n', 3],
    ['{"openapi":"3.1.0","paths":{"/a":{"get":{},"put":{}}}}', 2],
    ['asyncapi: 2.6.0\nchannels:\n  a:\n    publish: {}\n', 1],
    ['syntax = "proto3";\nservice Rates {\n  rpc Get(A) returns (B);\n  rpc List(A) returns (B);\n}\n', 2],
    ['type Query {\n  ship(id: ID!): Ship\n  ships: [Ship]\n}\n', 2],
    ['no language that anybody knows', 2],
    [`openapi: 3.0.3\n${'  get: {}\n'.repeat(40)}`, FIRST + 1],
  ])('%j', (text, want) => {
    expect(briefRows(text)).toBe(want)
  })
})
