// Package codeowners reads CODEOWNERS files as GitHub, GitLab and Gitea do, and tells who owns a path. It is pure.
//
// The last rule that matches wins. Matching takes no more than the length of the pattern times that of the path, whatever
// the file says: it is somebody else's text.
package codeowners
