// Package policy tests policies through a whole portal: what Cedar decides, what the catalog shows by it, and what every
// other room of the portal tells those from whom something is hidden.
package policy
