// Preloaded into servers that have no setting for the address they bind: whatever they ask for, they listen on 127.0.0.1.
const net = require('net');
const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function (...args) {
  const callbacks = args.filter((arg) => typeof arg === 'function');
  const first = args[0];
  const port = first !== null && typeof first === 'object' ? first.port : first;
  if (port === undefined || port === null) throw new Error('only TCP ports are expected here');
  return listen.call(this, { port: Number(port), host: '127.0.0.1' }, ...callbacks);
};
