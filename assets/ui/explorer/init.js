'use strict';

// Calls made here use the session of the signed-in browser, or a key given by "Authorize".
window.SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#explorer',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    const url = new URL(request.url, window.location.origin);
    if (url.origin === window.location.origin) {
      request.credentials = 'same-origin';
      request.headers['x-privatestack-csrf'] = '1';
    }
    return request;
  },
});
