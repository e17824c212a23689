-- Where a sign-in was begun: an IPv4 address, or 64 bits of IPv6. How many may be under way is counted by it.
ALTER TABLE identity_flows ADD COLUMN network text NOT NULL DEFAULT '';
CREATE INDEX identity_flows_network ON identity_flows (network);
