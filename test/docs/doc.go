// Package docs holds the tests of the documentation: that the navigation names every page, and that every link
// leads to a page, a heading or a file that is there.
//
// There is nothing to import: the package is its tests.
package docs
