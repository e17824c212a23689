// Package gitlab is the room of GitLab, of gitlab.com as of one's own: the projects, the subgroups and the people of one
// group, with all that is below it.
//
// What it costs. One GraphQL request brings 50 projects with the commit of their default branches, topics, languages, the
// names at the top of the tree and the few files that say most; one more brings 50 subgroups with their direct members. So
// 1,000 projects cost 20 requests, cold or not. The list is paged by a key and not by numbers: one that goes in between
// moves no other over an edge. A page that is too large is asked for again in smaller pieces.
//
// A group that the token may not see is answered with null, which is an error here, as is any error beside an answer: what
// came in part is not taken for the whole.
//
// Tests ask a stand-in (gitlabtest), whose answers are held against the GraphQL schema that GitLab publishes; merge
// requests go by REST, which the stand-in answers as GitLab's documentation describes it.
package gitlab
