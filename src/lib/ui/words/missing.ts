/** The words of the page at addresses that have none. */
export default {
  title: 'No such page',
  noPage: (path: string) => `There is no page ${path} here`,
  noKernel: (name: string) => `There is no kernel ${name}`,
  pages: 'The pages of the lab:',
  kernels: 'The kernels:',
  noLab: 'No page above this address belongs to the lab.',
};
