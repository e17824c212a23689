// Package coverage says how much of what there is the catalog knows: of repositories, owners, docs and APIs. Each share is the
// size of two lists, and both can be opened. What cannot be known is said to be unknown, and is never 0.
//
// The formulas, with "entities" those that the reader may see:
//
//   - repositories: active repositories from which at least one entity comes, of all active ones. Active is pushed to in the
//     last 90 days, no fork, not archived. Those whose host does not say when they were pushed to are counted apart.
//   - ownership: entities with at least one owner that is a team in the catalog with somebody in it, of all that somebody should
//     own: every kind but Group, User and Location. Somebody is a person who is in the catalog, not vanishing from it and not
//     suspended, a member of the team or of one below it. It is split in declared and inferred, which add up to it, and in
//     verified: an owner that it has now confirmed that it is theirs, and the time to ask again has not come.
//   - docs: components that say where their docs are (backstage.io/techdocs-ref or backstage.io/techdocs-entity), of all
//     components. Whether these docs can be built is not known here.
//   - definitions: APIs with a definition that is not empty, of all APIs.
//   - apis: components of type service that provide at least one API which is in the catalog and has a definition, of all
//     components of type service.
//
// Weighted, each entity counts by its tier: see weights. Repositories have no tier.
//
// What a reader sees is measured as if nothing else were there. Repositories, which are no entities, and the history, which is
// of everything, are for those from whom no policy hides entities; repositories, moreover, for those who may see the sources.
package coverage
