/** LibreOffice, as Debian installs it. */
export const OFFICE = '/usr/bin/soffice';
