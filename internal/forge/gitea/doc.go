// Package gitea is the room of Gitea and Forgejo, whose API is the same in all that is asked here: the repositories, the
// teams and the people of one organisation, or the repositories of one user.
//
// What it costs. A page of the list is one request for 50 repositories, and says of each all but the commit of its
// default branch. Its updated_at moves with every push, and becomes the Stamp: whose Stamp is known is not asked for
// again, so that 1,000 repositories that did not move cost 20 requests. Of those that moved, whoever clones learns the
// commit by that, without the API; [Forge.Some] is for the few that a person or a webhook names, at two requests each.
// Once an hour the teams of an organisation are asked for what they may write to: one request, and one more for each team
// that has not all repositories, or for each 50 that it has.
//
// What is not there. Gitea sends no webhook when a repository is renamed, moved to another owner, archived or edited, nor
// when a team changes: such a change is seen by the next listing, or with the next push. It says no primary language by
// bytes, and of people only what the token's account may see.
package gitea
