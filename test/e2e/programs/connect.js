// Says for each host:port of its arguments whether something takes TCP connections there within 2.5 s: a JSON object.
const { connect } = require('node:net');

const isOpen = (address) =>
  new Promise((resolve) => {
    const [host, port] = address.split(':');
    const socket = connect({ host, port: Number(port) });
    const end = (open) => {
      socket.destroy();
      resolve([address, open]);
    };
    socket.setTimeout(2500, () => end(false));
    socket.on('connect', () => end(true)).on('error', () => end(false));
  });

void Promise.all(process.argv.slice(1).map(isOpen)).then((answers) => console.log(JSON.stringify(Object.fromEntries(answers))));
