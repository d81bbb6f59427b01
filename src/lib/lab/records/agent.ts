/** Name and major version of the browser or runtime in a user agent; the beginning of the agent if it is not one we know. */
export function browserOf(agent: string): string {
  // Edge and Opera call themselves Chrome too, and all three call themselves Safari.
  const names = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Version'];
  const found = names.map((name) => new RegExp(`${name}/\\d+`).exec(agent)?.[0]).find(Boolean);
  return (found ?? agent.slice(0, 80))
    .replace('/', ' ')
    .replace('Version', 'Safari')
    .replace('Edg ', 'Edge ')
    .replace('OPR ', 'Opera ');
}
