// What the portals of the tests read.

export const brokenFile = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: quay-lights
spec:
  type: service
  lifecycle: production
  ownr: port-operations
`

/** As many entities of a kind of one's own as need several pages of rows. */
export const CONTAINERS = 260

export function containersFile(): string {
  const names = Array.from({ length: CONTAINERS }, (_, i) => `container-${String(i + 1).padStart(3, '0')}`)
  return names
    .map(
      (name) =>
        `apiVersion: marrowby.example/v1\nkind: Container\nmetadata:\n  name: ${name}\nspec:\n  type: reefer\n  owner: freight\n`,
    )
    .join('---\n')
}

/** Of so many the portal does not let most go without being told to. */
export const BERTHS = 62

export function berthsFile(many: number): string {
  const berths = Array.from({ length: many }, (_, i) =>
    componentFile(`berth-${String(i + 1).padStart(2, '0')}`, 'A ship lies there.'),
  )
  return berths.join('---\n')
}

export function componentFile(name: string, description: string): string {
  return `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: ${name}
  description: ${description}
spec:
  type: service
  lifecycle: production
  owner: payments
`
}
