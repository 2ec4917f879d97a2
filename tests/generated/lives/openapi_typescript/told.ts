// What the program that starts the service says of it.
export function told(name: string): string {
  const said = process.env[name];
  if (said === undefined) throw new Error(`${name} is not set`);
  return said;
}

export function bearing(token: string): { headers: { Authorization: string } } {
  return { headers: { Authorization: `Bearer ${token}` } };
}
