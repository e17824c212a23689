package outbound

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"portico/internal/errs"
)

// DialContext connects to host:port when a rule opens that host and its addresses are allowed. Host
// names are resolved here, once; what was checked is what is dialled. Errors: errs.Forbidden;
// errs.Unavailable when the name cannot be resolved or nothing answers.
//
// It is what the client's transport uses; others that speak their own protocol to a host which the
// rules open (the git command behind its proxy) use it directly.
func (c *Client) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errs.New(errs.Forbidden, "%q is not a host and a port", address)
	}
	private, known := false, false
	for i := range c.opts.Allow {
		if r := &c.opts.Allow[i]; r.matchesHost(host, port) {
			known = true
			private = private || r.AllowPrivate
		}
	}
	if !known {
		return nil, errs.New(errs.Forbidden, "no rule opens the host %s", address)
	}
	addrs, err := c.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	// One bad address shuts the host: an answer that mixes public and private is how rebinding looks.
	for _, a := range addrs {
		if err := judge(host, a, private); err != nil {
			return nil, err
		}
	}
	dialer := &net.Dialer{
		Timeout: 10 * time.Second,
		// The last word, on the address that the socket is about to connect to.
		Control: func(_, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil {
				return errs.New(errs.Forbidden, "%s leads to something that is not an address", host)
			}
			return judge(host, ap.Addr(), private)
		},
	}
	if len(addrs) > 1 {
		dialer.Timeout = 5 * time.Second
	}
	for _, a := range addrs {
		var conn net.Conn
		conn, err = dialer.DialContext(ctx, "tcp", net.JoinHostPort(a.String(), port))
		if err == nil {
			return conn, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

func (c *Client) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	addrs, err := c.opts.Lookup(ctx, host)
	if err != nil || len(addrs) == 0 {
		return nil, errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("the host %s has no address: DNS does not know it", host), err),
			"check the spelling of the host")
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, nil
}

func judge(host string, addr netip.Addr, private bool) error {
	cl := classify(addr)
	if cl == nil || cl.private && private {
		return nil
	}
	err := errs.New(errs.Forbidden, "%s is not reached: it leads to %s, %s", host, addr, cl.name)
	if cl.private {
		return errs.WithRemedy(err, "if the host is meant to be inside your network, allow private addresses for it in the configuration")
	}
	return err
}
