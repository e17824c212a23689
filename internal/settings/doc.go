// Package settings keeps what people chose for themselves: stars, saved views, theme, density, and whatever other clients keep
// under a bucket and a key, as Backstage's user-settings plugin has it.
//
// A setting is its owner's alone: nobody else reads it, whatever their rights. What others may know is how many people
// starred an entity. What settings mean is the business of the pages that write them.
package settings
