package entity

import "portico/internal/errs"

// Layered makes an entity of JSON that was composed over base, an entity of the catalog. A fault that base has itself does
// not count: the catalog took it, and has mended what it shows of it. faults are the others; where there are some, there is
// no entity. The error is errs.Invalid, for what is no entity at all.
func Layered(composed, base []byte) (e *Entity, faults []Problem, err error) {
	d := ParseJSON("entity", composed)
	d.Validate()
	if d.Node == nil {
		return nil, nil, errs.New(errs.Invalid, "what was composed is %s", or(string(d.Verdict), "nothing"))
	}
	if found := faultsOf(d); len(found) > 0 {
		b := ParseJSON("entity", base)
		b.Validate()
		had := map[[2]string]bool{}
		for _, p := range faultsOf(b) {
			had[[2]string{p.Path, p.Message}] = true
		}
		for _, p := range found {
			if !had[[2]string{p.Path, p.Message}] {
				faults = append(faults, p)
			}
		}
	}
	if len(faults) > 0 {
		return nil, faults, nil
	}
	e, err = d.entity(nil)
	return e, nil, err
}

func faultsOf(d *Document) (out []Problem) {
	for _, p := range d.Problems {
		if p.Level == Error {
			out = append(out, p)
		}
	}
	return out
}
