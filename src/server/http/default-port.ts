// The port of the page when none is named; by itself, so that who only speaks of it need not load the server.

export const HTTP_PORT = 7007;
