// Files alone: there is nothing for a server to do.
export default { output: 'export' }
