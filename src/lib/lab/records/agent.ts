/** Name and major version of the browser or runtime in a user agent; the beginning of the agent if it is not one we know. */
export function browserOf(agent: string): string {
  const [found] = agent.match(/(Edg|OPR|Firefox|Chrome|Version)\/\d+/) ?? [agent.slice(0, 80)];
  return found.replace('/', ' ').replace('Version', 'Safari');
}
