// Package signin signs in to a whole portal at a real provider, dex.
package signin
